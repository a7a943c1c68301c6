import{a,b,c,d,e}from"/app/chunk-LF2K4W36.js";import"/app/chunk-6XERKTPE.js";import"/app/chunk-YLCLPWD6.js";export{a as draft,e as drafts,d as dropDraft,c as keepDraft,b as saveDraft};
