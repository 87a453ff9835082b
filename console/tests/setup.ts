// A fresh store and English for every test file.
import { startLanguages } from '../src/i18n';

localStorage.clear();
localStorage.setItem('busbar-language', 'en');
await startLanguages();
