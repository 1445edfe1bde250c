/** The look of the report: no picture, no font and no script from anywhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: light-dark(#ffffff, #14171c); --card: light-dark(#f6f7f9, #1c2027); --ink: light-dark(#1b1f24, #e4e7eb);
  --dim: light-dark(#5c6570, #98a2ae); --line: light-dark(#d5dae1, #343b45);
  --client: light-dark(#1f6feb, #6cb0ff); --broker: light-dark(#8250df, #c29bff);
  --violation: light-dark(#c62828, #ff7b72); --deviation: light-dark(#a85d00, #f0a63c);
  --dialect: light-dark(#00708a, #4cc3dd); --advice: light-dark(#4a5bbf, #9aa9ff);
  --mono: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace;
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 72rem; background: var(--bg); color: var(--ink);
  font: 15px/1.5 system-ui, 'Segoe UI', 'Liberation Sans', sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: .95rem; margin: 2rem 0 0; font-weight: 600; }
p { margin: .25rem 0; }
.dim { color: var(--dim); }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 0; padding: 0; list-style: none; }
.tiles li { flex: 1 1 8rem; padding: .6rem .9rem; border-radius: 8px; background: var(--card);
  border-left: 4px solid var(--line); }
.tiles b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles .none { opacity: .6; }
.violation { --tone: var(--violation); } .deviation { --tone: var(--deviation); }
.dialect { --tone: var(--dialect); } .advice { --tone: var(--advice); }
.tiles li[class] { border-left-color: var(--tone); }
.badge { display: inline-block; min-width: 5.2rem; padding: 0 .5rem; border-radius: 99px; font-size: .78rem;
  text-align: center; color: var(--bg); background: var(--tone); }
.chunk { content-visibility: auto; }
.finding { border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 6px; margin: .5rem 0;
  background: var(--card); }
.finding > summary { padding: .45rem .75rem; cursor: pointer; display: flex; gap: .75rem; align-items: baseline; }
.finding > summary::-webkit-details-marker { display: none; }
.finding > summary::before { content: ''; flex: none; align-self: center; width: 7px; height: 7px; margin-right: -.2rem;
  border: solid var(--dim); border-width: 0 2px 2px 0; transform: rotate(-45deg); }
.finding[open] > summary::before { transform: rotate(45deg); }
.finding > summary .what { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.finding > div { padding: .25rem .9rem .75rem; }
code, pre { font-family: var(--mono); font-size: .84rem; }
pre { margin: .5rem 0; padding: .6rem .75rem; overflow-x: auto; background: var(--bg); border: 1px solid var(--line);
  border-radius: 6px; line-height: 1.45; }
pre.body { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: var(--tone); color: var(--bg); border-radius: 2px; }
a { color: inherit; }
.lanes { position: sticky; top: 0; z-index: 1; display: grid; grid-template-columns: 6.5rem 1fr; padding: .4rem 0;
  background: var(--bg); border-bottom: 1px solid var(--line); }
.lanes div { display: flex; justify-content: space-between; }
.lane { font-weight: 600; padding: 0 .6rem; border-radius: 4px; color: var(--bg); }
.lane.client { background: var(--client); } .lane.broker { background: var(--broker); }
.row > summary, .event { display: grid; grid-template-columns: 6.5rem 1fr; }
.row > summary { list-style: none; cursor: pointer; }
.row > summary::-webkit-details-marker { display: none; }
.time { padding: .2rem .75rem .2rem 0; text-align: right; font: .78rem/1.6 var(--mono); color: var(--dim);
  font-variant-numeric: tabular-nums; }
.wire { position: relative; min-height: 1.75rem; margin: 0 1.75rem; border: solid var(--line); border-width: 0 2px;
  display: flex; align-items: center; justify-content: center; }
.wire::before { content: ''; position: absolute; left: 2px; right: 2px; top: 50%; border-top: 2px solid var(--tone); }
.wire::after { content: ''; position: absolute; top: calc(50% + 1px); width: 9px; height: 9px;
  border: solid var(--tone); border-width: 2px 2px 0 0; }
.out > summary > .wire::after { right: 2px; transform: translateY(-50%) rotate(45deg); }
.in > summary > .wire::after { left: 2px; transform: translateY(-50%) rotate(225deg); }
.out { --tone: var(--client); } .in { --tone: var(--broker); }
.label { position: relative; z-index: 0; max-width: calc(100% - 4rem); padding: 0 .6rem; background: var(--bg);
  font-size: .84rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.label b { font-family: var(--mono); }
.row > summary:hover .label, .row[open] > summary .label { background: var(--card); border-radius: 99px; }
.flag { position: relative; z-index: 0; margin-left: .25rem; padding: 0 .5rem; border-radius: 99px; font-size: .74rem;
  color: var(--bg); background: var(--tone); text-decoration: none; white-space: nowrap; }
.row.bad { --tone: var(--violation); } .row.bad .wire::before { border-top-style: dashed; }
.event .wire { border-color: var(--line); } .event .wire::before, .event .wire::after { display: none; }
.event .label { background: none; color: var(--dim); font-style: italic; white-space: normal; text-align: center; }
.inside { display: flow-root; margin: 0 1.75rem 0 8.25rem; padding: 0 1rem; border: solid var(--line); border-width: 0 2px; }
.row:target > summary .label, .finding:target { outline: 2px solid var(--tone); }
@media (max-width: 40rem) { body { padding: 1rem .5rem; }
  .finding > summary { flex-wrap: wrap; gap: .3rem .6rem; } .finding > summary .what { order: 1; flex: 1 0 100%; }
  .wire { margin: 0 .5rem; }
  .lanes, .row > summary, .event { grid-template-columns: 4.5rem 1fr; } .inside { margin: 0 .5rem 0 5rem; } }
@media print { .lanes { position: static; } .chunk { content-visibility: visible; } }
`;
