// Runs before anything is painted, so that nobody in the dark is flashed at.
import { read, show, speak } from './state/stored';

const settings = read();
show(settings);
// The words are asked for with the program, which would only ask when it is here.
const words = document.createElement('link');
words.rel = 'modulepreload';
words.href = WORDS[speak(settings.language)]!;
document.head.append(words);
