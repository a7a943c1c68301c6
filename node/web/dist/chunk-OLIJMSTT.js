var s=t=>[...new Set(t)].sort((n,e)=>n.length-e.length||(n<e?-1:1)).join("-"),i=t=>t.split("-").filter(Boolean);export{s as a,i as b};
