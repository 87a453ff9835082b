// Languages: English is in the entry, the others are fetched when chosen.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setLanguage } from './format';
import en from './locales/en.json';

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;
const STORE = 'busbar-language';

const loaders: Record<Exclude<Language, 'en'>, () => Promise<{ default: object }>> = {
  de: () => import('./locales/de.json'),
};

const wanted = (): Language => {
  const kept = localStorage.getItem(STORE);
  const choice = (kept ?? navigator.language).slice(0, 2);
  return choice in LANGUAGES ? (choice as Language) : 'en';
};

export async function startLanguages() {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: 'en',
    fallbackLng: 'en',
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await chooseLanguage(wanted(), false);
}

export async function chooseLanguage(next: Language, keep = true) {
  if (next !== 'en' && !i18next.hasResourceBundle(next, 'translation')) {
    i18next.addResourceBundle(next, 'translation', (await loaders[next]()).default);
  }
  // The reader's own region (24-hour clock, decimal mark) when it speaks this language.
  setLanguage(navigator.language.startsWith(next) ? navigator.language : next);
  document.documentElement.lang = next;
  await i18next.changeLanguage(next);
  if (keep) localStorage.setItem(STORE, next);
}
