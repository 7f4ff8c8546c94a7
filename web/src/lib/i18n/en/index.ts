// All catalogues of this language, in one chunk.
export default Object.values(import.meta.glob<string>('./*.ftl', { query: '?raw', import: 'default', eager: true }));
