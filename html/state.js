// SPDX-License-Identifier: ISC
// state: what the page knows, and how each thing that happens changes it.
// Pure: no document, no clock, no network. An action is {type, …}.

export const EVENTS_MAX = 50;
export const PULSES_MAX = 300;      // one a second: five minutes
export const SNAPS_PAGE = 12;

/**
 * @typedef {{phase: string, reason?: string, until?: number}} Standing of a connection, as in retry.js
 * @typedef {{now: number, eventStream: Standing, commands: Standing,
 *   picture: {phase: string, mode: string, fps: number, taken: number, shown: number, placard: string} & Record<string, any>,
 *   camera: Record<string, any>, config: Record<string, any>, wanted: Record<string, Record<string, any>>, skew: number | null,
 *   pulses: any[], events: any[], snaps: Record<string, any>, totals: {count: number, bytes: number}, controls: any[], settings: any[], session: Record<string, any>, notice: any}} State
 */

/** @type {State} */
export const initial = {
  now: 0,                           // ms, the last tick
  eventStream: { phase: 'connecting' },    // Server-Sent Events; phases as in retry.js
  commands: { phase: 'connecting' }, // WebSocket
  picture: { phase: 'connecting', mode: 'live', fps: 0, taken: 0, shown: 0, placard: '' },
  camera: { online: null, reason: '', id: '', name: '', source: '', width: 0, height: 0 },
  config: {},                       // settings and counters as the camera last told them
  settings: [],                     // what the camera says of its settings: label, type, range …
  wanted: { config: {}, controls: {} }, // values asked for and not yet answered
  skew: null,                       // ms that this computer's clock is ahead of the camera's
  pulses: [],                       // {ts, change, threshold, held}, oldest first
  events: [],                       // {id, type, ts, data}, newest first
  snaps: { list: [], room: SNAPS_PAGE, end: null, more: false },    // saved pictures, newest first, down to the id `end`
  totals: { count: 0, bytes: 0 },   // of all saved pictures
  controls: [],                     // V4L2 controls
  session: { login: false, role: '', user: '', kind: '' },   // who looks at this page
  notice: null,                     // {kind: 'done' | 'failed', text, href, label}
};

// The value to show: what the person asked for, else what the camera has.
export function setting(state, name) {
  return state.wanted.config[name] ?? state.config[name];
}

/**
 * @param {State} state
 * @param {{type: string} & Record<string, any>} action
 * @returns {State}
 */
export function reduce(state, action) {
  const reducer = reducers[action.type];
  return reducer ? { ...state, ...reducer(state, action) } : state;
}

/** @type {Record<string, (state: State, action: any) => Partial<State>>} */
const reducers = {
  tick: (_, { now }) => ({ now }),
  link: (state, { name, link }) => ({ [name]: { ...state[name], ...link } }),
  notice: (_, { notice }) => ({ notice }),
  session: (_, { session }) => ({ session }),

  // An answer is as old as its question: what was told `since` is told again to what it changes.
  answer: (state, { answer, since }) => {
    const changed = reducers[answer.type](state, answer);
    const whole = since.reduce(reduce, { ...state, ...changed });
    return Object.fromEntries(Object.keys(changed).map((name) => [name, whole[name]]));
  },
  settings: (_, { data: { settings = [] } }) => ({ settings }),      // none: an orield of before
  controls: ({ wanted }, { data: { controls } }) => ({
    controls,
    wanted: settled(wanted, 'controls', Object.fromEntries(controls.map(({ name, value }) => [name, value]))),
  }),
  status: (state, { data }) => ({
    camera: { ...state.camera, id: data.camera, name: data.name || data.source, ...cameraFacts(data) },
    totals: { ...state.totals, ...data.snaps },
  }),

  // Its `source`, `width` and `height` are settings, what was asked for: not facts.
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

  history: (state, { events }) => ({
    events: withEnds(withEvents(state.events, events.filter(({ type }) => type === 'motion' || type === 'camera')),
      events.filter(({ type }) => type === 'motion_end').map(({ data }) => data)),
  }),

  saved: (state, { data: { name, url, size, ts } }) => {
    if (state.snaps.list.some((snap) => snap.name === name)) return {};
    return { snaps: withSnap(state.snaps, { id: null, name, url, bytes: size, ts }),
      totals: { count: state.totals.count + 1, bytes: state.totals.bytes + size } };
  },

  // A page of at most `limit` pictures: the newest, or those behind the one with the id `before`, if
  // that is still where the list ends.
  snaps: ({ snaps }, { list: page, limit, before }) => {
    if (before !== undefined && before !== snaps.end) return {};
    const list = before === undefined ? page : [...snaps.list, ...page];
    return { snaps: { list, room: Math.max(SNAPS_PAGE, limit, list.length), end: list.at(-1)?.id ?? null, more: page.length === limit } };
  },

  // A further page is asked for: what is saved meanwhile must not push out what it follows.
  older: ({ snaps }) => ({ snaps: { ...snaps, room: snaps.list.length + SNAPS_PAGE } }),

  deleted: ({ snaps, totals }, { data: { name } }) => {
    const gone = snaps.list.find((snap) => snap.name === name);
    if (!gone) return {};
    return { snaps: { ...snaps, list: snaps.list.filter((snap) => snap !== gone) },
      totals: { count: totals.count - 1, bytes: totals.bytes - gone.bytes } };
  },

  // `scope`: 'config' (our settings) or 'controls' (the camera's own).
  want: ({ wanted }, { scope, values }) => ({ wanted: { ...wanted, [scope]: { ...wanted[scope], ...values } } }),
  // The reply comes on another way than the news: what these have told already may have changed again.
  kept: (state, { scope, values }) => ({
    ...withValues[scope](state, common(state.wanted[scope], values)),
    wanted: settled(state.wanted, scope, values),
  }),
  refused: (state, { scope, values, reason }) => ({
    wanted: settled(state.wanted, scope, values),
    notice: { kind: 'failed', text: `Not changed: ${reason}` },
  }),
};

const withValues = {
  config: ({ config }, values) => ({ config: { ...config, ...values } }),
  controls: ({ controls }, values) => ({
    controls: controls.map((control) => (control.name in values ? { ...control, value: values[control.name] } : control)),
  }),
};

/** @param {{online?: boolean, reason?: string, source?: string, width?: number, height?: number}} facts */
function cameraFacts({ online, reason, source, width, height }) {
  const facts = { source, width, height };
  if (online !== undefined) Object.assign(facts, { online, reason: online ? '' : reason });
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

// Each pulse came some network time late, so the smallest difference is nearest to the truth; a
// drift upwards (a clock was set) is followed slowly.
function nearestSkew(skew, seen) {
  return skew === null || seen < skew ? seen : skew + (seen - skew) / 100;
}

// Events the store could not number are kept as well, told apart by their time.
function withEvents(old, more) {
  const all = [...more, ...old].sort((a, b) => b.ts - a.ts);
  return uniqueBy(all.map((event) => ({ ...event, key: event.id ?? `at ${event.ts}` })), 'key').slice(0, EVENTS_MAX);
}

// Motion whose end is known has that as `end`. An end without a number is that of the newest without one.
function withEnds(events, ends) {
  return ends.reduce((all, end) => {
    const its = all.find((event) => event.type === 'motion' && !event.end && event.id === (end.motion ?? null));
    return all.map((event) => (event === its ? { ...event, end } : event));
  }, events);
}

// In its place, by time. One that is older than the list goes to a further page, where there is one.
function withSnap(snaps, snap) {
  const at = snaps.list.findIndex(({ ts }) => ts <= snap.ts);
  if (at < 0 && snaps.more && snaps.list.length > 0) return snaps;
  const newer = at < 0 ? snaps.list : snaps.list.slice(0, at);
  const whole = [...newer, snap, ...snaps.list.slice(newer.length)];
  if (whole.length <= snaps.room) return { ...snaps, list: whole };
  const list = whole.slice(0, snaps.room);
  return { ...snaps, list, end: list.at(-1).id, more: true };
}

function uniqueBy(list, key) {
  return [...new Map(list.map((item) => [item[key], item])).values()];
}

// What was asked for again in the meantime stays asked for.
const common = (some, others) =>
  Object.fromEntries(Object.entries(some).filter(([name, value]) => others[name] === value));

function settled(wanted, scope, values) {
  const left = Object.entries(wanted[scope]).filter(([name, value]) => !(name in values) || values[name] !== value);
  return { ...wanted, [scope]: Object.fromEntries(left) };
}
