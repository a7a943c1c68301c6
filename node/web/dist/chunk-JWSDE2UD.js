import{a as e,b as s}from"/app/chunk-C5I3EZ6K.js";var i=t=>"list:"+t,l=t=>s(i(t),()=>new e(i(t),"/api/v1/timelines/list/"+t,{},{stream:"list",list:t}));export{i as a,l as b};
