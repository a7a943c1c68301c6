import{o as s}from"/app/chunk-XZNZ63DL.js";var e=s({notifications:0,chats:0,requests:0});function i(t,o){e.peek()[t]!==o&&(e.value={...e.peek(),[t]:o})}export{e as a,i as b};
