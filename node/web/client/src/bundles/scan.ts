// Reading codes, of which few have many and most none: it is as large as all else.
import '../core';
export { default as ScanSheet } from '../screens/addfriend/ScanSheet';
export { readPicture } from '../screens/addfriend/scan';
