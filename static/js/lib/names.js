/**
 * What somebody is called: by one name everywhere, or by one in each language.
 *
 * @typedef {{ name: string | Readonly<Record<string, string>> }} Named
 */

/**
 * The name in the page's language, or in any if there is none in that; '' for nobody.
 *
 * @param {Named | null | undefined} someone
 * @param {string} [language] The page's, if it is not said.
 */
export function nameOf(someone, language) {
  const name = someone?.name ?? '';
  if (typeof name === 'string') return name;
  return name[language ?? document.documentElement.lang] ?? Object.values(name)[0] ?? '';
}
