// Colours, type and defaults; both colour schemes meet WCAG AA with these shades.
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const volt: MantineColorsTuple = [
  '#e8f8f2',
  '#d3efe4',
  '#a5decb',
  '#73ccaf',
  '#4bbd98',
  '#31b389',
  '#1faf82',
  '#0d7a5f',
  '#08664f',
  '#00523e',
];
const ink: MantineColorsTuple = [
  '#d3d9e0',
  '#b6bfc9',
  '#98a3af',
  '#73808d',
  '#48535f',
  '#333d48',
  '#262f39',
  '#1a222b',
  '#131a22',
  '#0c1218',
];

const red: MantineColorsTuple = [
  '#fff0f0',
  '#ffdede',
  '#ffc2c2',
  '#ffa3a3',
  '#ff8787',
  '#f05a5a',
  '#d93a3f',
  '#b3202a',
  '#991a23',
  '#84131b',
];

export const theme = createTheme({
  colors: { volt, dark: ink, red },
  primaryColor: 'volt',
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  luminanceThreshold: 0.22,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily:
    'Inter, "Segoe UI", system-ui, -apple-system, Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif',
  fontFamilyMonospace:
    '"JetBrains Mono", "SF Mono", ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.25' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.35' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250 } },
    // A window's head is no banner of the page.
    Modal: {
      defaultProps: { centered: true, radius: 'lg', attributes: { header: { role: 'presentation' } } },
    },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end' } },
  },
});
