import { defineConfig } from 'vitest/config';

// Browser tests against a running server (BEKET_URL) or, without one, the state pictures of the fixture server.
export default defineConfig({
	test: { include: ['e2e/**/*.test.ts'], environment: 'node', fileParallelism: false, testTimeout: 120_000, maxConcurrency: 6, hookTimeout: 60_000 }
});
