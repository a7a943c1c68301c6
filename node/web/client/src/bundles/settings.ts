// What somebody sets, and the page about oneself that leads there: fetched together.
import '../core';
export { default as Account } from '../screens/settings/Account';
export { default as Alerts } from '../screens/settings/Alerts';
export { default as Appearance } from '../screens/settings/Appearance';
export { default as Apps } from '../screens/settings/Apps';
export { default as Devices } from '../screens/settings/Devices';
export { default as FilterEdit } from '../screens/settings/FilterEdit';
export { default as Filters } from '../screens/settings/Filters';
export { default as Hidden } from '../screens/settings/Hidden';
export { default as Languages } from '../screens/settings/Languages';
export { default as Me } from '../screens/me/Me';
export { default as Privacy } from '../screens/settings/Privacy';
export { default as Server } from '../screens/settings/Server';
export { default as Settings } from '../screens/settings/Settings';
export { default as Storage } from '../screens/settings/Storage';
export { default as Welcome } from '../screens/firstrun/Welcome';
