// Command breaking compares the contract with branch main and with the latest
// release tag, by `buf breaking`, and fails on any change that a deployed
// client would notice.
//
// Until the first release is tagged, a change may be waived in
// buf-breaking-waivers.yaml: an exact finding of buf (rule, file and message)
// and the ADR that explains it. The output names each waiver that is in effect;
// one that matches nothing any more fails the check (on main itself, where the
// change and its waiver have just been merged, it is only named), and so does any
// waiver once a release tag v* exists.
package main
