var i=[["home","filters.in-home"],["notifications","filters.in-notifications"],["public","filters.in-public"],["thread","filters.in-thread"],["account","filters.in-account"]];export{i as a};
