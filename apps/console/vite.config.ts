import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const gateway = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', chunkSizeWarningLimit: 1_200 },
  // `pnpm --filter @avatar-bridge/console dev` beside a running gateway.
  server: { host: '127.0.0.1', proxy: { '/v1': { target: gateway, ws: true } } },
});
