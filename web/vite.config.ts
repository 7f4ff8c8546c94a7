import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

// `npm run dev` against a running centre or checkpoint: BEKET_URL=http://127.0.0.1:8080 npm run dev
const server = process.env.BEKET_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
	plugins: [sveltekit()],
	server: { proxy: { '/api': server } },
	build: { target: 'es2022', reportCompressedSize: false },
	test: { include: ['tests/**/*.test.ts'], environment: 'node' }
});
