import { listen } from '../lib/dom.js';
import { pageData } from '../lib/page-data.js';
import { whenAnswered } from './answer-watch.js';

const print = document.getElementById('print');
if (print) listen(print, 'click', () => window.print());

const { statusUrl } = /** @type {{ statusUrl?: string }} */ (pageData());
if (statusUrl) whenAnswered(statusUrl, () => location.reload(), new AbortController().signal);
