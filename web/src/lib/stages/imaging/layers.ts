// A passage's pictures: which one is decided by, which quality layers of a code stream that arrives from its front are
// whole, and the bytes that decode them.
import type { ImageReading } from '$lib/api/reading';

/** The picture that a release waits for; a centre that does not say so yet means the last one. */
export const decidingOf = <T extends { role?: string }>(images: readonly T[]): T | null => images.findLast((it) => it.role === 'deciding') ?? images.at(-1) ?? null;

/** Where the layers end; an image that does not say has one. */
export const endsOf = (it: Pick<ImageReading, 'layer_ends' | 'size_bytes'>): readonly number[] => (it.layer_ends.length > 0 ? it.layer_ends : [it.size_bytes]);
/** Whole layers within the first `have` bytes. */
export const layersIn = (ends: readonly number[], have: number): number => ends.filter((end) => end <= have).length;

/** The code stream up to `end`, closed with its end marker (T.800, A.4.4), so that it can be decoded. */
export function closed(bytes: Uint8Array, end: number): Uint8Array {
	if (end >= 2 && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9) return bytes.slice(0, end);
	const out = new Uint8Array(end + 2);
	out.set(bytes.subarray(0, end));
	out.set([0xff, 0xd9], end);
	return out;
}

/** The layer that a view of this scale needs: full pixels ask for all, an overview for what "clear" asks. The ends are those of the layers. */
export function neededFor(scale: number, ends: readonly number[], clear_from: number): number {
	const last = ends.at(-1) ?? 0;
	if (scale >= 1) return last;
	if (scale >= 0.6) return ends.find((end) => end >= Math.max(clear_from, last * 0.4)) ?? last;
	return clear_from;
}
