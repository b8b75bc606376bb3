// SPDX-License-Identifier: ISC
// connection: news and commands, for all tabs that show this camera over one event stream and one WebSocket,
// which the tab that leads holds.

import { sitePath } from './api.js';
import { CommandSocket } from './command-socket.js';
import { CommandRelay } from './command-relay.js';
import { eventPolls, eventStream } from './events.js';
import { NOT_CONNECTED } from './origin.js';
import { Link } from './retry.js';
import { ConnectionLimit } from './connection-limit.js';
import { Tabs } from './tabs.js';

export class Connection {
  #handlers;
  #tabs;
  #limit;
  #links;           // what this tab holds while it leads
  #commands;
  #relay;
  #standing = { eventStream: { phase: 'connecting' }, commands: { phase: 'connecting' } };
  #state = null;            // the last event of that type
  #last = '';               // the number of the last event; '': none
  #fresh = true;            // what happened before is not known yet

  // onEvent(event), onOpen(anew), report(name, link).
  constructor(base, handlers) {
    this.#handlers = handlers;
    this.#tabs = new Tabs(`connection ${base.pathname}`, { turn: () => this.#turn(), hear: (message) => this.#hear(message) });
    this.#commands = new CommandSocket(base);
    this.#relay = new CommandRelay((message) => this.#tabs.tell(this.#tabs.leader, message));
    const onNews = {
      since: () => this.#last,
      onEvent: (event) => this.#share({ kind: 'event', event }),
      onOpen: (anew) => this.#share({ kind: 'open', anew }),
      report: (link) => this.#say('eventStream', link),
    };
    const [lasting, brief] = [eventStream(base, onNews), eventPolls(base, onNews)];
    const news = new Link((opened, signal) => (this.#limit.allowed ? lasting : brief)(opened, signal), (link) => this.#say('eventStream', link));
    this.#limit = new ConnectionLimit('events', sitePath, () => news.again());
    this.#links = [this.#limit, news, new Link(this.#commands.attempt, (link) => this.#say('commands', link))];
  }

  up() {
    this.#tabs.join();
  }

  down() {
    this.#tabs.leave();
    this.#last = '';
    this.#fresh = true;
    for (const name of ['eventStream', 'commands']) this.#handlers.report(name, { phase: 'paused', reason: '' });
  }

  // ---- commands

  get open() {
    return this.#standing.commands.phase === 'open' && (this.#tabs.leading || this.#tabs.leader !== null);
  }

  // The reply, or an Error with the camera's reason.
  send(command) {
    if (!this.open) return Promise.reject(new Error(NOT_CONNECTED));
    return this.#tabs.leading ? this.#commands.send(command) : this.#relay.send(command);
  }

  // ---- the others

  #turn() {
    this.#relay.drop();
    this.#links.forEach((link) => (this.#tabs.leading ? link.up() : link.down()));
    if (this.#tabs.leader !== null) this.#tabs.tell(this.#tabs.leader, { kind: 'hello' });
  }

  #say(name, link) {
    if (this.#tabs.leading) this.#share({ kind: 'standing', name, link });
  }

  // To this tab and all that follow.
  #share(message) {
    if (!this.#tabs.leading) return;
    this.#tabs.say(message);
    this.#apply(message);
  }

  #hear(message) {
    const { kind, from } = message;
    if (this.#tabs.leading && kind === 'hello') this.#welcome(from);
    if (this.#tabs.leading && kind === 'ask')
      this.#relay.run(this.#commands, message, (answer) => this.#tabs.tell(from, answer));
    if (from === this.#tabs.leader) this.#apply(message);
  }

  #welcome(id) {
    for (const [name, link] of Object.entries(this.#standing)) this.#tabs.tell(id, { kind: 'standing', name, link });
    if (this.#standing.eventStream.phase !== 'open') return;
    this.#tabs.tell(id, { kind: 'open', anew: false });
    if (this.#state) this.#tabs.tell(id, { kind: 'event', event: this.#state });
  }

  #apply({ kind, name, link, event, anew, ...rest }) {
    if (kind === 'standing') {
      this.#standing[name] = { ...this.#standing[name], ...link };
      this.#handlers.report(name, link);
    }
    if (kind === 'open') {
      this.#handlers.onOpen(anew || this.#fresh);
      this.#fresh = false;
    }
    if (kind === 'event') {
      if (event.id) this.#last = String(event.id);
      if (event.type === 'state') this.#state = event;
      this.#handlers.onEvent(event);
    }
    if (kind === 'answer') this.#relay.answer(/** @type {any} */ (rest));
  }
}
