// Albers equal-area conic for the one country on the wall (standard parallels 43 and 53 N, centre 67 E, 48 N), on a
// sphere: nobody measures on this picture. Snyder, USGS Professional Paper 1395, section 14.
const RAD = Math.PI / 180;
const N = (Math.sin(43 * RAD) + Math.sin(53 * RAD)) / 2;
const C = Math.cos(43 * RAD) ** 2 + 2 * N * Math.sin(43 * RAD);
const RHO0 = Math.sqrt(C - 2 * N * Math.sin(48 * RAD)) / N;

export interface Point { x: number; y: number }

/** Plane coordinates, y down, in radii of the sphere. */
export function albers(lon: number, lat: number): Point {
	const rho = Math.sqrt(Math.max(0, C - 2 * N * Math.sin(lat * RAD))) / N;
	const theta = N * (lon - 67) * RAD;
	return { x: rho * Math.sin(theta), y: rho * Math.cos(theta) - RHO0 };
}

/** Fits `points` into a box; the same scale both ways. */
export function fitter(points: readonly Point[], width: number, height: number, margin: number): (p: Point) => Point {
	const xs = points.map((p) => p.x), ys = points.map((p) => p.y);
	const x0 = Math.min(...xs), y0 = Math.min(...ys);
	const w = Math.max(...xs) - x0 || 1, h = Math.max(...ys) - y0 || 1;
	const k = Math.min((width - 2 * margin) / w, (height - 2 * margin) / h);
	const dx = (width - w * k) / 2, dy = (height - h * k) / 2;
	return (p) => ({ x: dx + (p.x - x0) * k, y: dy + (p.y - y0) * k });
}

/** Moves marks that would cover each other apart, a few steps; each keeps its true place for the hairline. */
export function spread(marks: readonly Point[], apart: number): Point[] {
	const out = marks.map((p) => ({ ...p }));
	for (let round = 0; round < 24; round += 1) {
		for (let a = 0; a < out.length; a += 1) for (let b = a + 1; b < out.length; b += 1) {
			const p = out[a], q = out[b];
			if (!p || !q) continue;
			const dx = q.x - p.x, dy = q.y - p.y, d = Math.hypot(dx, dy);
			if (d >= apart) continue;
			const ux = d > 0.01 ? dx / d : Math.cos(a + b), uy = d > 0.01 ? dy / d : Math.sin(a + b);
			const push = (apart - d) / 2;
			p.x -= ux * push; p.y -= uy * push; q.x += ux * push; q.y += uy * push;
		}
	}
	return out;
}
