// SPDX-License-Identifier: ISC
// connection: events and commands of this camera, for all its tabs. The leading tab holds one event
// stream and one WebSocket for all of them.

import { sitePath } from './api.js';
import { CommandRelay, relay } from './command-relay.js';
import { CommandSocket } from './command-socket.js';
import { ConnectionLimit } from './connection-limit.js';
import { eventPolls, eventStream } from './events.js';
import { NOT_CONNECTED } from './origin.js';
import { Link } from './retry.js';
import { Tabs } from './tabs.js';

/** @import { Command, Reply } from './command-socket.js' */
/** @import { CameraEvent } from './events.js' */
/** @import { LinkState } from './retry.js' */
/** @import { Message, Received } from './tabs.js' */

/** @typedef {'eventStream' | 'commands'} LinkName */

/**
 * onOpen(anew): the event stream is connected; `anew`: missed events are not sent.
 * @typedef {{onEvent: (event: CameraEvent) => void, onOpen: (anew: boolean) => void,
 *   report: (name: LinkName, state: LinkState) => void}} Handlers
 */

export class Connection {
  #handlers;
  #tabs;
  #limit;
  #links;           // open while this tab leads
  #socket;
  #relay;
  /** @type {Record<LinkName, LinkState>} */
  #states = { eventStream: { phase: 'connecting' }, commands: { phase: 'connecting' } };
  /** @type {CameraEvent | null} */
  #state = null;            // the last event of that type
  #last = '';               // the number of the last event; '': none
  #fresh = true;            // past events are not loaded yet

  /**
   * @param {URL} base
   * @param {Handlers} handlers
   */
  constructor(base, handlers) {
    this.#handlers = handlers;
    this.#tabs = new Tabs(`connection ${base.pathname}`, {
      changed: () => this.#leaderChanged(), message: (received) => this.#receive(received) });
    this.#socket = new CommandSocket(base);
    this.#relay = new CommandRelay((question) => this.#tabs.send(this.#tabs.leader, question));
    const report = (/** @type {LinkState} */ state) => this.#report('eventStream', state);
    const onEvents = {
      since: () => this.#last,
      onEvent: (/** @type {CameraEvent} */ event) => this.#share({ kind: 'event', event }),
      onOpen: (/** @type {boolean} */ anew) => this.#share({ kind: 'open', anew }),
      report,
    };
    const [stream, polls] = [eventStream(base, onEvents), eventPolls(base, onEvents)];
    const events = new Link((opened, signal) => (this.#limit.allowed ? stream : polls)(opened, signal), report);
    this.#limit = new ConnectionLimit('events', sitePath, () => events.again());
    this.#links = [this.#limit, events, new Link(this.#socket.attempt, (state) => this.#report('commands', state))];
  }

  up() {
    this.#tabs.join();
  }

  down() {
    this.#tabs.leave();
    this.#last = '';
    this.#fresh = true;
    this.#handlers.report('eventStream', { phase: 'paused', reason: '' });
    this.#handlers.report('commands', { phase: 'paused', reason: '' });
  }

  // ---- commands

  get open() {
    return this.#states.commands.phase === 'open' && (this.#tabs.leading || this.#tabs.leader !== null);
  }

  /**
   * The reply, or an Error with the camera's reason.
   * @param {Command} command
   * @returns {Promise<Reply>}
   */
  send(command) {
    if (!this.open) return Promise.reject(new Error(NOT_CONNECTED));
    return this.#tabs.leading ? this.#socket.send(command) : this.#relay.send(command);
  }

  // ---- the other tabs

  #leaderChanged() {
    this.#relay.drop();
    this.#links.forEach((link) => (this.#tabs.leading ? link.up() : link.down()));
    this.#tabs.send(this.#tabs.leader, { kind: 'hello' });
  }

  /**
   * @param {LinkName} name
   * @param {LinkState} state
   */
  #report(name, state) {
    this.#share({ kind: 'link', name, state });
  }

  /**
   * Sends to this tab and to all that follow it.
   * @param {Message} message
   */
  #share(message) {
    if (!this.#tabs.leading) return;
    this.#tabs.broadcast(message);
    this.#apply(message);
  }

  /** @param {Received} message */
  #receive(message) {
    const { kind, from } = message;
    if (this.#tabs.leading && kind === 'hello') this.#welcome(from);
    if (this.#tabs.leading && kind === 'command')
      relay(this.#socket, /** @type {any} */ (message), (answer) => this.#tabs.send(from, answer));
    if (from === this.#tabs.leader) this.#apply(message);
  }

  /** @param {string} id */
  #welcome(id) {
    for (const [name, state] of Object.entries(this.#states)) this.#tabs.send(id, { kind: 'link', name, state });
    if (this.#states.eventStream.phase !== 'open') return;
    this.#tabs.send(id, { kind: 'open', anew: false });
    if (this.#state) this.#tabs.send(id, { kind: 'event', event: this.#state });
  }

  /** @param {Message} message */
  #apply(message) {
    if (message.kind === 'link') this.#onLink(message.name, message.state);
    if (message.kind === 'open') this.#onOpen(message.anew);
    if (message.kind === 'event') this.#onEvent(message.event);
    if (message.kind === 'reply') this.#relay.answer(/** @type {any} */ (message));
  }

  /**
   * @param {LinkName} name
   * @param {LinkState} state
   */
  #onLink(name, state) {
    this.#states[name] = { ...this.#states[name], ...state };
    this.#handlers.report(name, state);
  }

  /** @param {boolean} anew */
  #onOpen(anew) {
    this.#handlers.onOpen(anew || this.#fresh);
    this.#fresh = false;
  }

  /** @param {CameraEvent} event */
  #onEvent(event) {
    if (event.id) this.#last = String(event.id);
    if (event.type === 'state') this.#state = event;
    this.#handlers.onEvent(event);
  }
}
