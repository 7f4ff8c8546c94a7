// The eleven adjudication codes of the radiation portal practice, in their four groups, and how people write nuclides.
export const GROUPS = [
	{ group: 'real', codes: [1, 2] },
	{ group: 'innocent', codes: [3, 4, 5] },
	{ group: 'false', codes: [6, 7, 8] },
	{ group: 'aside', codes: [9, 10, 11] }
] as const;

/** Nuclides of a line as `Cs-137`, each once; null when a word is none (crates/domain/src/remark.rs). */
export function isotopesOf(line: string): string[] | null {
	const words = line.split(/[\s,;]+/).filter(Boolean);
	const read = words.map((it) => {
		const [, element = '', mass = ''] = /^([a-z]{1,2})-?([1-9]\d{0,2}m?)$/i.exec(it) ?? [];
		return element ? `${element[0]?.toUpperCase()}${element.slice(1).toLowerCase()}-${mass.toLowerCase()}` : null;
	});
	return read.includes(null) ? null : [...new Set(read as string[])];
}
