import{o as e}from"/app/chunk-XZNZ63DL.js";var o=e(!0),n=e(navigator.onLine);addEventListener("online",()=>n.value=!0);addEventListener("offline",()=>n.value=!1);export{o as a,n as b};
