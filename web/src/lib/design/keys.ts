// Keys by their place on the keyboard, so that a Kazakh or Russian layout works. A key typed into a field is text.
export type KeyMap = Partial<Record<string, (it: KeyboardEvent) => void>>;

export function isTyping(target: EventTarget | null): boolean {
	if (typeof HTMLElement === 'undefined' || !(target instanceof HTMLElement)) return false;
	return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** The name of a press: `KeyR`, `Ctrl+KeyZ`, `Shift+Digit1`. The numeric pad counts as digits. */
export function pressName(it: Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): string {
	const physical = it.code.replace(/^Numpad(\d)$/, 'Digit$1').replace('NumpadEnter', 'Enter');
	return `${it.ctrlKey || it.metaKey ? 'Ctrl+' : ''}${it.altKey ? 'Alt+' : ''}${it.shiftKey ? 'Shift+' : ''}${physical}`;
}

/** The digit of a press, 1 to 9, or null. */
export function digitOf(it: Pick<KeyboardEvent, 'code'>): number | null {
	const found = /^(?:Digit|Numpad)([1-9])$/.exec(it.code);
	return found ? Number(found[1]) : null;
}

/** Calls the map's function for a press and keeps the browser from its own. Repeats of a held key are for what moves by steps. */
export function onKeys(map: () => KeyMap): (it: KeyboardEvent) => void {
	return (it) => {
		const press = pressName(it);
		const act = map()[press];
		if (!act || (it.repeat && !/Arrow|Bracket|Equal|Minus/.test(press))) return;
		if (isTyping(it.target) && press !== 'Escape') return;
		// Enter and Space on a focused button or link are that button's own.
		if (press === 'Enter' && it.target instanceof HTMLElement && it.target.closest('button, a, summary, [role=row][tabindex="-1"]')) return;
		it.preventDefault();
		act(it);
	};
}
