var o=t=>`/app/@${t.acct}`,c=t=>`/app/@${t.account.acct}/${t.id}`,n=t=>`/app/tags/${encodeURIComponent(t)}`;export{o as a,c as b,n as c};
