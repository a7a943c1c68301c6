import{k as n,p as t}from"/app/chunk-YQIW23J6.js";function i(r){let e=new Date().setHours(0,0,0,0);return r>=e?t("notice.today"):r>=e-864e5?t("notice.yesterday"):n(r)}export{i as a};
