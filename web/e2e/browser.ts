/** How the browser is started: it has no sandbox for root, and a container has little shared memory. */
export const CHROMIUM_ARGS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-dev-shm-usage',
  '--enable-precise-memory-info',
]
