import { defineConfig } from 'vite';

// Names carry no hash: the bundle is committed, so a rebuild of the same sources must give the same bytes and names.
export default defineConfig({
  base: '/app/',
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: 'src/main.ts',
      output: { entryFileNames: 'app.js', chunkFileNames: '[name].js', assetFileNames: ({ names }) => (names.includes('main.css') ? 'app.css' : '[name][extname]') },
    },
  },
});
