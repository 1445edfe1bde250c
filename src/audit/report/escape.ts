const MARKUP: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for XML and HTML, in elements and in quoted attributes. What XML cannot carry becomes U+FFFD. */
export function escapeMarkup(text: string): string {
  return text
    .replace(/\p{Surrogate}|[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (char) => MARKUP[char] ?? char);
}
