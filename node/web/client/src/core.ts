// The first load: the shell, the first screen and what counts behind them. Every other bundle imports
// it, so that the bundler, which puts into one file what the same bundles need, makes one file of it.
import './app/App';
import './app/promises';
import './screens/contacts/palette';
import './screens/firstrun/begin';
import './screens/search/palette';
import './state/counts';
import './state/friend-watch';
