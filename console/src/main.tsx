// The entry: languages, theme, query cache, router.
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './theme/frame.css';
import './theme/lists.css';
import './theme/log.css';
import './theme/forms.css';
import './theme/map.css';
import './theme/board.css';
import './theme/lanes.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onSignedOut, onStepUp } from './api/client';
import { keys, queryClient } from './api/queries';
import { askWho } from './components/step_up';
import { startLanguages } from './i18n';
import { router } from './router';
import { theme } from './theme/theme';

onSignedOut(() => {
  const { pathname, href } = router.state.location;
  if (pathname === '/login' || pathname === '/setup') return;
  // Nobody was signed in here yet: the page's own guard chooses between sign-in and setup.
  if (!queryClient.getQueryData(keys.me)) return;
  queryClient.removeQueries({ queryKey: keys.me });
  void router.navigate({ to: '/login', search: { next: href }, replace: true });
});

onStepUp(askWho);

await startLanguages();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={queryClient}>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
