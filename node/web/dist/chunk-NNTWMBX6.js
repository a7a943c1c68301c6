var e="/api/tulou/v1";export{e as a};
