import type { MessageMode, TicketGrant } from '@avatar-bridge/contracts';
import { useState } from 'react';
import { providerName } from './provider-name.ts';
import { enabledControls, type ViewerState } from './viewer-state.ts';

export type ControlsProps = {
  state: ViewerState;
  grants: TicketGrant[];
  busy: boolean;
  error: string | undefined;
  /** The session's providers, of which one may be chosen for the next start. */
  providers: string[];
  onStart: (provider: string | undefined) => void;
  onClose: () => void;
  onSpeak: (text: string, mode: MessageMode) => Promise<boolean>;
  onInterrupt: () => void;
};

/** What can be done with the avatar: a control for each grant, enabled only when it works. */
export function Controls({
  state,
  grants,
  busy,
  error,
  providers,
  onStart,
  onClose,
  onSpeak,
  onInterrupt,
}: ControlsProps) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<string>();
  const enabled = enabledControls(state, { busy, text });

  const speak = async (mode: MessageMode): Promise<void> => {
    if (await onSpeak(text, mode)) setText('');
  };

  return (
    <section className="panel controls" aria-label="Controls">
      {grants.includes('say') && (
        <form
          className="speak"
          onSubmit={(event) => {
            event.preventDefault();
            if (enabled.speak) void speak('repeat');
          }}
        >
          <input
            id="taskInput"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="Enter text for the avatar to speak"
            aria-label="Text to speak"
            maxLength={10_000}
            autoComplete="off"
          />
          <button
            id="talkBtn"
            type="button"
            disabled={!enabled.speak}
            onClick={() => void speak('talk')}
            title="An LLM answers the text, and the answer is said"
          >
            Talk (LLM)
          </button>
          <button
            id="repeatBtn"
            type="submit"
            className="primary"
            disabled={!enabled.speak}
            title="The text is said as it is"
          >
            Repeat
          </button>
        </form>
      )}
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      <div className="session">
        {grants.includes('interrupt') && (
          <button
            id="interruptBtn"
            type="button"
            disabled={!enabled.interrupt}
            onClick={onInterrupt}
            title="Stops what is being said, and what waits"
          >
            Interrupt
          </button>
        )}
        <span className="gap" />
        {grants.includes('restart') && providers.length > 1 && (
          <label className="choice">
            Provider
            <select
              id="providerSelect"
              value={chosen ?? providers[0]}
              disabled={!enabled.start}
              onChange={(event) => setChosen(event.target.value)}
              title="Who speaks after the next start. The others take over when this one fails"
            >
              {providers.map((name) => (
                <option key={name} value={name}>
                  {providerName(name)}
                </option>
              ))}
            </select>
          </label>
        )}
        {grants.includes('restart') && (
          <button
            id="startBtn"
            type="button"
            className="good"
            disabled={!enabled.start}
            onClick={() => onStart(chosen)}
            title="Opens the avatar again, with the same settings"
          >
            Start
          </button>
        )}
        {grants.includes('stop') && (
          <button id="closeBtn" type="button" className="bad" disabled={!enabled.close} onClick={onClose}>
            Close
          </button>
        )}
      </div>
    </section>
  );
}
