// SPDX-License-Identifier: ISC
// origin: whether the server takes this page for one of its own, and what to set where it does not.
//
// Behind a proxy that it has not been told of, the server knows itself by another name than the browser
// does, and refuses what seems to come from another site's page (403). A WebSocket that is refused says
// nothing of why: GET /session does.

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
