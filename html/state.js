// SPDX-License-Identifier: ISC
// state: the state of the page, and how each action changes it.
// Pure: no document, no clock, no network.

/** @import { LinkState } from './retry.js' */
/** @import { Way } from './picture-stream.js' */

export const EVENTS_MAX = 50;
export const PULSES_MAX = 300;      // one a second: five minutes
export const SNAPS_PAGE = 12;
export const CLIPS_MAX = 100;

/** @typedef {Record<string, any>} Values  by the name of a setting or control */
/** @typedef {{type: string} & Record<string, any>} Action */
/** @typedef {(action: Action) => void} Dispatch */
/** @typedef {(state: State) => void} View  writes it into the document */

/** @typedef {{ts: number, change: number, threshold: number, box?: number[], saved?: string, count: number}} Motion */
/** @typedef {{ts: number, change: number, threshold: number, held: string, fps: number, span?: object | null}} Pulse  `span`: of the motion that lasts */
/** @typedef {{ts: number, seconds: number, peak: number, cut?: boolean, motion?: number}} MotionEnd  `motion`: number of its beginning */
/** @typedef {{id: number | null, type: string, ts: number, data: Record<string, any>, end?: MotionEnd}} PastEvent */
/** @typedef {PastEvent & {key: number | string}} KeyedEvent */
/** @typedef {{name: string, url: string, poster: string, bytes: number, ts: number, seconds?: number, before?: number, cause?: string, motion?: number}} Clip */
/** @typedef {Omit<KeyedEvent, 'data'> & {data: any, clips: Clip[]}} Row  an event with its clips; type `clip`: a clip without an event, in `data` */
/** @typedef {{since: number, until: number}} Recording  ms, by this computer's clock */
/** @typedef {{id: number | null, name: string, url: string, bytes: number, ts: number}} Snap */
/** @typedef {{list: Snap[], room: number, end: number | null, more: boolean}} Snaps */
/** @typedef {{kind: 'done' | 'failed', text: string, href?: string | null}} Notice */

/**
 * The camera's description of one of its settings.
 * @typedef {{name: string, label: string, help: string, group: string, type: string, live: boolean,
 *   min: number, max: number, step: number, unit: string, choices: string[]}} Setting
 */

/**
 * A V4L2 control, as described by its driver.
 * @typedef {{name: string, label: string, type: string, value: any, min: number, max: number, step: number,
 *   menu?: {value: number, label: string}[], inactive: boolean, read_only: boolean}} CameraControl
 */

/**
 * @typedef {{phase: LinkState['phase'], reason?: string, mode: Way, fps: number, taken: number, shown: number,
 *   placard: string, width?: number, height?: number}} PictureState
 * @typedef {{online: boolean | null, reason: string, id: string, name: string, source: string, width: number,
 *   height: number}} Camera
 * @typedef {'config' | 'controls'} Scope  our settings, or the camera's own controls
 *
 * @typedef {{now: number, eventStream: LinkState, commands: LinkState, picture: PictureState, camera: Camera,
 *   config: Values, settings: Setting[], wanted: Record<Scope, Values>, skew: number | null, pulses: Pulse[],
 *   events: KeyedEvent[], clips: Clip[], recording: Recording | null, snaps: Snaps, totals: {count: number, bytes: number}, controls: CameraControl[],
 *   session: {login: boolean, role: string, user: string, kind: string}, notice: Notice | null}} State
 */

/** @type {State} */
export const initial = {
  now: 0,                           // ms, the last tick
  eventStream: { phase: 'connecting' },
  commands: { phase: 'connecting' },    // the WebSocket
  picture: { phase: 'connecting', mode: 'live', fps: 0, taken: 0, shown: 0, placard: '' },
  camera: { online: null, reason: '', id: '', name: '', source: '', width: 0, height: 0 },
  config: {},                       // the camera's settings and counters
  settings: [],                     // descriptions of the settings
  wanted: { config: {}, controls: {} }, // values sent, but not answered yet
  skew: null,                       // ms by which this computer's clock is ahead of the camera's
  pulses: [],                       // oldest first
  events: [],                       // newest first
  clips: [],                        // newest first; without the parts of `record = always`
  recording: null,                  // the recording that this page has begun
  snaps: { list: [], room: SNAPS_PAGE, end: null, more: false },    // saved pictures, newest first, down to the id `end`
  totals: { count: 0, bytes: 0 },   // of all saved pictures
  controls: [],                     // the camera's own
  session: { login: false, role: '', user: '', kind: '' },   // who is logged in
  notice: null,                     // the result of the last command
};

/**
 * The value to show: the one that the person asked for, else the camera's.
 * @param {State} state
 * @param {string} name
 */
export function setting(state, name) {
  return state.wanted.config[name] ?? state.config[name];
}

/**
 * The rows of recent events, newest first.
 * @param {State} state
 * @returns {Row[]}
 */
export function recent({ events, clips }) {
  const rows = events.map((event) => ({ ...event, clips: clipsOf(event.id, clips) }));
  const others = clips.filter(({ motion }) => !motion).map((clip) =>
    ({ key: `clip ${clip.name}`, id: null, type: 'clip', ts: clip.ts, data: clip, clips: [clip] }));
  return [...rows, ...others].sort((a, b) => b.ts - a.ts).slice(0, EVENTS_MAX);
}

/**
 * Long motion has several clips; the first part comes first.
 * @param {number | null} id
 * @param {Clip[]} clips
 */
const clipsOf = (id, clips) => clips.filter(({ motion }) => motion === id).reverse();

/**
 * @param {State} state
 * @param {Action} action
 * @returns {State}
 */
export function reduce(state, action) {
  const reducer = reducers[action.type];
  return reducer ? { ...state, ...reducer(state, action) } : state;
}

/** @type {Record<string, (state: State, action: any) => Partial<State>>} */
const reducers = {
  tick: ({ recording }, { now }) => ({ now, recording: recording && now < recording.until ? recording : null }),
  link: (state, { name, link }) => ({ [name]: { .../** @type {any} */ (state)[name], ...link } }),
  notice: (_, { notice }) => ({ notice }),
  session: (_, { session }) => ({ session }),

  // An answer is as old as its request. So the actions `since` are applied again to what it changes.
  answer: (state, { answer, since }) => {
    const changed = reducers[answer.type](state, answer);
    const whole = since.reduce(reduce, { ...state, ...changed });
    return Object.fromEntries(Object.keys(changed).map((name) => [name, whole[name]]));
  },
  settings: (_, { data: { settings = [] } }) => ({ settings }),      // none: an older orield
  controls: ({ wanted }, { data: { controls } }) => ({
    controls,
    wanted: settled(wanted, 'controls', valuesOf(controls)),
  }),
  status: (state, { data }) => ({
    camera: { ...state.camera, id: data.camera, name: data.name || data.source, ...cameraFacts(data) },
    totals: { ...state.totals, ...data.snaps },
  }),

  // Its `source`, `width` and `height` are settings: wanted values, not facts.
  state: (state, { data: { online, reason, gap, ...config } }) => ({
    config: { ...state.config, ...config },
    wanted: settled(state.wanted, 'config', config),
    camera: { ...state.camera, ...cameraFacts({ online, reason }) },
  }),

  pulse: (state, { data, now }) => ({
    pulses: [...state.pulses, data].slice(-PULSES_MAX),
    camera: { ...state.camera, ...cameraFacts(data) },
    skew: nearestSkew(state.skew, now - data.ts * 1000),
  }),

  motion: (state, { id, data }) => ({
    events: withEvents(state.events, [{ id, type: 'motion', ts: data.ts, data }]),
    config: { ...state.config, trigger_count: data.count },
  }),

  motion_end: (state, { data }) => ({ events: withEnds(state.events, [data]) }),

  camera: (state, { id, data }) => ({
    events: withEvents(state.events, [{ id, type: 'camera', ts: data.ts, data }]),
    camera: { ...state.camera, ...cameraFacts(data) },
  }),

  history: (state, { events }) => {
    const past = /** @type {PastEvent[]} */ (events);
    const ends = past.filter(({ type }) => type === 'motion_end').map(({ data }) => /** @type {MotionEnd} */ (data));
    const shown = past.filter(({ type }) => type === 'motion' || type === 'camera');
    return { events: withEnds(withEvents(state.events, shown), ends) };
  },

  // A finished clip ends this page's recording, if it covers the beginning and is not just a first part.
  clip: ({ clips, config, recording, skew }, { data }) => ({
    clips: withClips(clips, [data]),
    recording: recording && endOf(data) * 1000 + (skew ?? 0) > recording.since && data.seconds < config.clip_max - 1 ? null : recording,
  }),

  clips: (_, { list }) => ({ clips: withClips([], list) }),

  recording: (_, { recording }) => ({ recording }),

  saved: (state, { data: { name, url, size, ts } }) => {
    if (state.snaps.list.some((snap) => snap.name === name)) return {};
    return { snaps: withSnap(state.snaps, { id: null, name, url, bytes: size, ts }),
      totals: { count: state.totals.count + 1, bytes: state.totals.bytes + size } };
  },

  // A page of at most `limit` pictures: the newest, or those behind the id `before`. The latter count
  // only if the list still ends with that id.
  snaps: ({ snaps }, { list: page, limit, before }) => {
    if (before !== undefined && before !== snaps.end) return {};
    const list = before === undefined ? page : [...snaps.list, ...page];
    return { snaps: { list, room: Math.max(SNAPS_PAGE, limit, list.length), end: list.at(-1)?.id ?? null, more: page.length === limit } };
  },

  // Another page was asked for. Until it comes, new pictures must not push out the list's last ones.
  older: ({ snaps }) => ({ snaps: { ...snaps, room: snaps.list.length + SNAPS_PAGE } }),

  deleted: ({ clips, snaps, totals }, { data: { name } }) => {
    if (clips.some((clip) => clip.name === name)) return { clips: clips.filter((clip) => clip.name !== name) };
    const gone = snaps.list.find((snap) => snap.name === name);
    if (!gone) return {};
    return { snaps: { ...snaps, list: snaps.list.filter((snap) => snap !== gone) },
      totals: { count: totals.count - 1, bytes: totals.bytes - gone.bytes } };
  },

  want: ({ wanted }, { scope, values }) => ({
    wanted: { ...wanted, [scope]: { ...wanted[/** @type {Scope} */ (scope)], ...values } },
  }),
  // Reply and events come on different ways: after an event, the value may have changed again.
  kept: (state, { scope, values }) => ({
    ...withValues(state, scope, common(state.wanted[/** @type {Scope} */ (scope)], values)),
    wanted: settled(state.wanted, scope, values),
  }),
  refused: (state, { scope, values, reason }) => ({
    wanted: settled(state.wanted, scope, values),
    notice: { kind: 'failed', text: `Not changed: ${reason}` },
  }),
};

/**
 * @param {State} state
 * @param {Scope} scope
 * @param {Values} values
 * @returns {Partial<State>}
 */
function withValues({ config, controls }, scope, values) {
  if (scope === 'config') return { config: { ...config, ...values } };
  return { controls: controls.map((control) => (control.name in values ? { ...control, value: values[control.name] } : control)) };
}

/**
 * @param {CameraControl[]} controls
 * @returns {Values}
 */
const valuesOf = (controls) => Object.fromEntries(controls.map(({ name, value }) => [name, value]));

/**
 * @param {{online?: boolean, reason?: string, source?: string, width?: number, height?: number}} facts
 * @returns {Partial<Camera>}
 */
function cameraFacts({ online, reason, source, width, height }) {
  const facts = { source, width, height };
  if (online !== undefined) Object.assign(facts, { online, reason: online ? '' : reason });
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/**
 * The network delays each pulse, so the smallest difference is the most exact. If the difference grows
 * (a clock was set), the value follows slowly.
 * @param {number | null} skew
 * @param {number} seen
 */
function nearestSkew(skew, seen) {
  return skew === null || seen < skew ? seen : skew + (seen - skew) / 100;
}

/**
 * Events without a number (not stored) are kept too; their time is their key.
 * @param {PastEvent[]} old
 * @param {PastEvent[]} more
 */
function withEvents(old, more) {
  const all = [...more, ...old].sort((a, b) => b.ts - a.ts);
  const byKey = new Map(all.map((event) => [event.id ?? `at ${event.ts}`, event]));
  return [...byKey].map(([key, event]) => ({ ...event, key })).slice(0, EVENTS_MAX);
}

/**
 * Puts each end into its motion as `end`. An end without a number belongs to the newest motion without one.
 * @param {KeyedEvent[]} events
 * @param {MotionEnd[]} ends
 */
function withEnds(events, ends) {
  return ends.reduce((all, end) => {
    if (all.some((event) => event.end === end)) return all;         // this action was applied before
    const its = all.find((event) => event.type === 'motion' && !event.end && event.id === (end.motion ?? null));
    return all.map((event) => (event === its ? { ...event, end } : event));
  }, events);
}

/**
 * @param {Clip[]} old
 * @param {Clip[]} more
 */
function withClips(old, more) {
  const news = more.filter(({ name, cause }) => cause !== 'always' && !old.some((clip) => clip.name === name));
  return [...news, ...old].sort((a, b) => b.ts - a.ts).slice(0, CLIPS_MAX);
}

/** @param {Clip} clip  as an event tells it */
const endOf = ({ ts, seconds = 0, before = 0 }) => ts + seconds - before;

/**
 * Puts a picture into the list, by time. If it is older than the list and there are more pages, it is on one of them.
 * @param {Snaps} snaps
 * @param {Snap} snap
 */
function withSnap(snaps, snap) {
  const at = snaps.list.findIndex(({ ts }) => ts <= snap.ts);
  if (at < 0 && snaps.more && snaps.list.length > 0) return snaps;
  const newer = at < 0 ? snaps.list : snaps.list.slice(0, at);
  const whole = [...newer, snap, ...snaps.list.slice(newer.length)];
  if (whole.length <= snaps.room) return { ...snaps, list: whole };
  const list = whole.slice(0, snaps.room);
  return { ...snaps, list, end: list[list.length - 1].id, more: true };
}

/**
 * The values that both have alike: a name that was asked for again meanwhile stays wanted.
 * @param {Values} some
 * @param {Values} others
 */
const common = (some, others) =>
  Object.fromEntries(Object.entries(some).filter(([name, value]) => others[name] === value));

/**
 * @param {State['wanted']} wanted
 * @param {Scope} scope
 * @param {Values} values
 */
function settled(wanted, scope, values) {
  const left = Object.entries(wanted[scope]).filter(([name, value]) => !(name in values) || values[name] !== value);
  return { ...wanted, [scope]: Object.fromEntries(left) };
}
