// Which element it was, in few words that say the same for the same element of the next visitor.

/** A short CSS selector: by id, else by name and classes. Text is its parent. */
export const selectorOf = (node: Element | null | undefined): string | null | undefined =>
  node &&
  // Of a form it may be the field of that name; text has none.
  ((node.id as Partial<Pick<string, 'trim'>> | undefined)?.trim?.()
    ? '#' + node.id
    : node.localName
      ? [node.localName, ...node.classList].join('.')
      : selectorOf(node.parentElement));
