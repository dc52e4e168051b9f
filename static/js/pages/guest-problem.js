/** @import { HttpProblem } from '../lib/http.js' */
import { text } from '../lib/page-data.js';

const KNOWN = new Set(['room_full', 'rate_limited', 'link_over', 'link_cancelled', 'code_wrong', 'code_expired', 'not_found']);
const FIELDS = ['name', 'contact'];

/**
 * Put a refusal into words.
 *
 * @param {HttpProblem} problem
 */
export function guestProblem({ code, fields }) {
  const field = FIELDS.find((each) => each in fields);
  if (field) return text(`say.guests.fault.${field}`);
  return text(`say.guests.fault.${KNOWN.has(code) ? code : 'other'}`);
}
