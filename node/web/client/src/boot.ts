// Runs before anything is painted, so that nobody in the dark is flashed at.
import { read, show } from './state/stored';

show(read());
