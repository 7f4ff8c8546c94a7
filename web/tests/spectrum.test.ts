// Energies and the logarithmic scale of a drawn spectrum.
import { expect, test } from 'vitest';
import { decades, edgeKev, energyTicks, rebinned, share } from '../src/lib/stages/radiation/spectrum';

test('an edge is the polynomial of the channel, the listed edge, or the number itself', () => {
	expect(edgeKev({ polynomial: [1, 3, 0.5] }, 4)).toBe(1 + 12 + 8);
	expect(edgeKev({ edges: [0, 10, 30] }, 1)).toBe(10);
	expect(edgeKev({ edges: [0, 10, 30] }, 3)).toBe(50);
	expect(edgeKev(undefined, 7)).toBe(7);
});
test('summed channels keep their rate and the middle of their energies', () => {
	const points = rebinned({ detector: 'd', occupied: true, live_time_s: 2, counts: [4, 8, 0, 4], energy: { polynomial: [0, 10] } }, 2);
	expect(points).toEqual([{ kev: 10, rate: 3 }, { kev: 30, rate: 1 }]);
});
test('the scale spans whole decades and zero lies on its foot', () => {
	expect(decades([0, 0.02, 300])).toEqual({ low: -2, high: 3 });
	expect(decades([0, 0])).toEqual({ low: -1, high: 0 });
	expect(decades([1e-9, 1e3])).toEqual({ low: -3, high: 3 });
	expect(share(0, { low: -1, high: 1 })).toBe(0);
	expect(share(1, { low: -1, high: 1 })).toBe(0.5);
});
test('energies are marked in round steps', () => {
	expect(energyTicks(3000)).toEqual([0, 500, 1000, 1500, 2000, 2500, 3000]);
	expect(energyTicks(661)).toEqual([0, 100, 200, 300, 400, 500, 600]);
});
