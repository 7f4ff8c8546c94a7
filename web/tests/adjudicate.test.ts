// How people write nuclides, and that each of the eleven codes stands once.
import { expect, test } from 'vitest';
import { GROUPS, isotopesOf } from '../src/lib/stages/radiation/adjudicate';

test('the codes are 1 to 11, in order', () => {
	expect(GROUPS.flatMap((it) => [...it.codes])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});
test.each([['', []], ['cs137, TC-99M', ['Cs-137', 'Tc-99m']], ['K-40;k40 U238', ['K-40', 'U-238']]])('%j is read', (line, wanted) => {
	expect(isotopesOf(line)).toEqual(wanted);
});
test.each(['potassium', 'K-', '137', 'K-040', 'Cs-1370', 'K-40 and', 'Cs-137mm'])('%j is no nuclide', (line) => {
	expect(isotopesOf(line)).toBeNull();
});
