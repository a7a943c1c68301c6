function n(t){return t.display_name.trim()||t.acct.split("@")[0]||t.acct}export{n as a};
