// What draws a decoded radiograph: WebGL2 where the machine has it in hardware, else the canvas. Both do the arithmetic
// of `tone.ts`; a browser test holds one against the other.
import type { Picture } from './decoder';
import type { CodeMap } from './material';
import type { Tone } from './tone';
import type { Box, Size, View } from './view';

/** One part of the canvas that shows the picture: the whole of it, or the loupe. `box` and `view` in dots; the view counts from the box's corner. */
export interface Pane { box: Box; view: View; /** Pixels as squares, nothing smoothed. */ sharp: boolean }
export interface Scene { image: Size; tone: Tone; panes: readonly Pane[] }
export interface Painter {
	readonly kind: 'webgl2' | 'canvas';
	load(it: Picture): void;
	loadMap(it: CodeMap | null): void;
	paint(it: Scene): void;
	free(): void;
}

/** The level whose pixels are just finer than a dot: index into the picture's levels, and how many full pixels one of its pixels takes. */
export function levelFor(scale: number, picture: Pick<Picture, 'reduce' | 'levels'>): { index: number; step: number } {
	const wanted = Math.floor(Math.log2(1 / Math.max(scale, 1e-6)) + 1e-9);
	const index = Math.min(Math.max(wanted - picture.reduce, 0), picture.levels.length - 1);
	return { index, step: 2 ** (picture.reduce + index) };
}
