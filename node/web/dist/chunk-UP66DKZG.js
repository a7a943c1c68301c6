import{o}from"/app/chunk-XZNZ63DL.js";var n=o(""),s=o("");function a(t){e(n,t)}function e(t,i){t.value="",setTimeout(()=>t.value=i,50)}export{n as a,s as b,a as c};
