// Where the picture lies on its canvas, and what a length on it is in metres. Pure geometry; pixels of the image are
// `px`, those of the screen `dot`s.
export interface Size { width: number; height: number }
export interface Point { x: number; y: number }
/** `scale` dots for a pixel; the image's upper left corner stands at (left, top), dots. */
export interface View { scale: number; left: number; top: number }
export interface Box { left: number; top: number; width: number; height: number }

/** Deepest zoom: eight dots for a pixel, so that each is seen for itself. */
export const DEEPEST = 8;

/** At the common ruler's scale: front of the vehicle at the left edge, ground at the bottom. */
export const fit = (image: Size, canvas: Size, scale: number): View => ({ scale, left: 0, top: canvas.height - image.height * scale });

export const toImage = (it: View, at: Point): Point => ({ x: (at.x - it.left) / it.scale, y: (at.y - it.top) / it.scale });
export const toScreen = (it: View, at: Point): Point => ({ x: at.x * it.scale + it.left, y: at.y * it.scale + it.top });

/** Nothing but the image is shown where the image fills the canvas; never further out than `home`. */
export function kept(it: View, image: Size, canvas: Size, home: View): View {
	if (it.scale <= home.scale * 1.0001) return home;
	const hold = (offset: number, side: number, room: number, rest: number) => (side <= room ? Math.min(Math.max(offset, Math.min(rest, room - side)), Math.max(rest, room - side)) : Math.min(0, Math.max(room - side, offset)));
	return { scale: it.scale, left: hold(it.left, image.width * it.scale, canvas.width, home.left), top: hold(it.top, image.height * it.scale, canvas.height, canvas.height - image.height * it.scale) };
}
/** Zoom by `factor`; what is under `at` stays there. */
export function zoomed(it: View, factor: number, at: Point, image: Size, canvas: Size, home: View): View {
	const scale = Math.min(Math.max(it.scale * factor, home.scale), Math.max(DEEPEST, home.scale));
	const under = toImage(it, at);
	return kept({ scale, left: at.x - under.x * scale, top: at.y - under.y * scale }, image, canvas, home);
}
/** So that `box` (px) stands in the middle, as large as it fits with some room around it. */
export function focused(box: Box, image: Size, canvas: Size, home: View): View {
	const scale = Math.min(DEEPEST, Math.max(home.scale, 0.6 * Math.min(canvas.width / Math.max(1, box.width), canvas.height / Math.max(1, box.height))));
	return kept({ scale, left: canvas.width / 2 - (box.left + box.width / 2) * scale, top: canvas.height / 2 - (box.top + box.height / 2) * scale }, image, canvas, home);
}
/** The part of the image on the canvas, px. */
export function seen(it: View, image: Size, canvas: Size): Box {
	const a = toImage(it, { x: 0, y: 0 }), b = toImage(it, { x: canvas.width, y: canvas.height });
	const left = Math.max(0, a.x), top = Math.max(0, a.y);
	return { left, top, width: Math.max(0, Math.min(image.width, b.x) - left), height: Math.max(0, Math.min(image.height, b.y) - top) };
}

export interface Length { length_m: number; along_m: number; up_m: number; sigma_m: number }
/** Metres at the vehicle's middle plane. Each end is set to a pixel: that is the uncertainty, not the scanner's. */
export function measured(a: Point, b: Point, pixel_mm: number): Length {
	const along_m = (Math.abs(b.x - a.x) * pixel_mm) / 1000, up_m = (Math.abs(b.y - a.y) * pixel_mm) / 1000;
	// A position within one pixel: a uniform error of 1/sqrt(12) at each end.
	return { length_m: Math.hypot(along_m, up_m), along_m, up_m, sigma_m: (pixel_mm / 1000) * Math.sqrt(2 / 12) };
}
