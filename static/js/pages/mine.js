import { fillRequestCards } from './request-card.js';

fillRequestCards(new AbortController().signal);
