import{a,b}from"/app/chunk-ZIGHCPSU.js";import"/app/chunk-YLCLPWD6.js";export{b as readFrame,a as readPicture};
