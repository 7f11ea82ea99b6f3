import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles.css';
import { takeCredentials } from './viewer/credentials.ts';
import { ViewerPage } from './viewer/viewer-page.tsx';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root');
// Start moves on to another session's address: going back is going back to the former one.
window.addEventListener('popstate', () => window.location.reload());
createRoot(root).render(
  <StrictMode>
    <ViewerPage credentials={takeCredentials()} />
  </StrictMode>,
);
