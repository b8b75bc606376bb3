// SPDX-License-Identifier: ISC
// origin: does the server accept this page as its own? If not, what must be set?
//
// Behind a proxy that it does not know of, the server has another name than in the browser. So it refuses
// requests that seem to come from another site's page (403). A refused WebSocket does not say why, but
// GET /session does.

import { cameraBase, get, urlOf } from './api.js';
import { refusedOrigin } from './text.js';

export const NOT_CONNECTED = 'not connected to the camera';

/**
 * Why the WebSocket did not open, in words.
 * @returns {Promise<string>}
 */
export async function whyNoCommands() {
  return get(urlOf('session', cameraBase(location), { origin: location.origin })).then(
    ({ origin, site }) => (origin === 'refused' ? refusedOrigin(location.origin, site) : `${NOT_CONNECTED}. Its WebSocket does not get through`),
    (why) => why.message);
}
