// An invented article: no such people, states or islands.
export const EXAMPLE = `PORT SELEN, 12 March — Norvania has consistently rejected any foreign base on the Sund islands. Norvanian Foreign Minister Ilse Varga said on Monday that her government would send two hospital ships to the strait once a ceasefire holds.

“We will not accept a garrison on our doorstep,” Varga told reporters. “Anyone who builds one should expect consequences.”

The Calder Union, which has kept observers on the islands since 2019, called on both sides to withdraw their patrol boats. Its envoy, Tomas Reyl, warned that a second winter without a deal would empty the fishing villages. He did not rule out a larger mission.

In Ostrava Bay, opposition leader Marek Dunn accused the minister of “selling the islands for applause”. The ministry denied that any sale had been discussed.`;
