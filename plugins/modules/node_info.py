#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_info
short_description: Read what only the machine of an Elasticsearch node knows
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Gathers, in one round trip, where a node's files lie, which certificates it is configured with, which API keys its keystore
    holds for remote clusters, and how far a connection from it to other addresses comes.
  - Runs on the node itself. It needs nothing but Python there.
  - Ids of API keys come from what is already known about the keystore. Only when that does not fit the keystore file any more,
    C(elasticsearch-keystore) is started, once for the list of names and once for each credential, as many at once as there are
    processors; its answer is remembered.
  - No credential, password or private key in PEM is returned. A PKCS#12 file, which holds a private key, and the text of a file of
    the configuration, which may hold secrets, are returned where they are asked for; such a result is not printed, as with C(no_log).
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode). Then what was learned about the keystore is not remembered.
  diff_mode:
    support: none
    description: Will return details on what has changed. There is nothing to change.
  idempotent:
    support: full
    description: When run twice in a row, with the same arguments, the second invocation indicates no change.
requirements:
  - Python 3.8 or newer on the node
  - Linux on the node
options:
  home:
    description:
      - The directory of Elasticsearch's installation.
      - By default that of the running server; where none is seen, what O(nodes) say of this node, else C(/usr/share/elasticsearch).
      - Of several servers on the machine it says which one is meant. It is refused where the node runs with another one.
    type: path
  path_conf:
    description:
      - The directory of C(elasticsearch.yml) and of the keystore.
      - By default that of the running server; where none is seen, what C(/etc/default/elasticsearch) or
        C(/etc/sysconfig/elasticsearch) say in C(ES_PATH_CONF), else C(/etc/elasticsearch).
      - Of several servers on the machine it says which one is meant. It is refused where the node runs with another one.
    type: path
  java_home:
    description:
      - The JDK for the keystore command.
      - By default that of the running server; where none is seen, what the same files say in C(ES_JAVA_HOME), else the JDK that comes with Elasticsearch.
    type: path
  password:
    description: The keystore's password, if it has one.
    type: str
  credentials:
    description:
      - Aliases of remote clusters whose credentials are looked for.
      - By default all that the keystore holds.
    type: list
    elements: str
  nodes:
    description: The nodes of the cluster as M(crosscluster.elasticsearch.cluster_info) returns them, to find out which of them this is.
    type: list
    elements: dict
  node_name:
    description:
      - The node's name in the cluster.
      - By default found by C(node.name) in C(elasticsearch.yml), else by the host name, else by an address that only one of
        the O(nodes) has.
    type: str
  certificate_files:
    description: Purposes whose certificate files are to be told in RV(node_info.certificate_files).
    type: list
    elements: str
    choices: [transport, http, remote_cluster_server, remote_cluster_client]
  certificate_format:
    description: The format of the files in RV(node_info.certificate_files) for which C(elasticsearch.yml) names none.
    type: str
    choices: [pem, pkcs12]
    default: pem
  configuration_files:
    description: Files of the node's configuration that are to be told in RV(node_info.configuration_files).
    type: list
    elements: dict
    suboptions:
      path:
        description: The file, relative to the directory of C(elasticsearch.yml).
        type: path
        required: true
      certificate:
        description: Of a private key's file, the file of the certificate that it belongs to, relative to the same directory.
        type: path
  probe:
    description: Addresses to which a connection is tried from the node.
    type: list
    elements: dict
    suboptions:
      address:
        description: C(host:port).
        type: str
        required: true
      server_name:
        description: The name to send in the TLS handshake, if it is another than the host in O(probe[].address).
        type: str
      ca_path:
        description:
          - A CA file on the node to check the certificate with.
          - By default what C(elasticsearch.yml) says in C(xpack.security.remote_cluster_client.ssl.certificate_authorities), else the
            trust store of the machine.
        type: path
  probe_timeout:
    description: Seconds that one probe may take.
    type: float
    default: 5
seealso:
  - module: crosscluster.elasticsearch.cluster_info
  - module: crosscluster.elasticsearch.node_files
  - module: crosscluster.elasticsearch.keystore
"""

EXAMPLES = r"""
- name: Read node info and probe a remote cluster from the node
  crosscluster.elasticsearch.node_info:
    probe:
      - address: paris.example:9443
  become: true
  register: node

- name: Report the path from the node to the remote cluster
  ansible.builtin.debug:
    msg: "{{ node.node_info.probes | map(attribute='error') | select }}"
"""

RETURN = r"""
node_info:
  description: What was found.
  returned: success
  type: dict
  contains:
    hostname:
      description: The machine's name.
      type: str
      sample: lon-1
    addresses:
      description: The machine's IP addresses, without those of the loopback interface.
      type: list
      elements: str
      sample: [10.99.0.11]
    node:
      description: Which of O(nodes) this one is; V(null) when none or more than one fits.
      type: dict
      contains:
        name:
          description: The node's name.
          type: str
        id:
          description: The node's id.
          type: str
        found_by:
          description: What told so, one of V(node_name), V(node.name), V(hostname), V(address), and V(process) for its process number.
          type: str
        address_is_local:
          description: Whether the machine has an address that the cluster knows the node by. V(false) may mean another cluster's node of the same name.
          type: bool
        id_fits:
          description: Whether the node's data on this machine bear that id; V(null) when they can't be read.
          type: bool
    paths:
      description: The directories C(home), C(config), C(java_home) (V(null) for the bundled JDK), C(data), and the file C(keystore).
      type: dict
    running:
      description: Whether the node's server process was found.
      type: bool
    process:
      description: The number of that process; V(null) when none was found.
      type: int
      sample: 1234
    service_user:
      description: The account that the server runs as, or that owns its data.
      type: str
      sample: elasticsearch
    account:
      description: The account that this module ran as.
      type: str
      sample: root
    write_error:
      description: Why that account could not replace files of the configuration, as far as that is to be seen; else V(null).
      type: str
    keystore:
      description:
        - The keystore file. C(exists), C(owner), C(group), C(mode), C(digest) (SHA-256), C(protected) (has a password), C(names) (of the
          settings in it), C(writable_tmp_left) (a killed write left its temporary file).
        - C(rewritten) has the aliases whose credential M(crosscluster.elasticsearch.keystore) wrote last, and which another
          program, such as another role, has removed or replaced since then.
        - C(in_use) is whether it is shown that the running server reads this very file, C(doubt) says why it is not.
        - C(write_error) says why nothing could be written to it, as far as that is to be seen without writing; else it is V(null).
        - C(error) says why its content could not be read, else it is V(null).
      type: dict
    credentials:
      description:
        - For each alias that has a credential in the keystore, the id of the API key; V(null) when the credential is not the
          encoded value of an API key.
        - V(null) as a whole when the keystore could not be read.
      type: dict
      sample: {"paris": "VuaCfGcBCdbkQm-e5aOx"}
    settings:
      description: From C(elasticsearch.yml), the flat settings that matter between clusters.
      type: dict
      sample: {"node.name": "lon-1", "remote_cluster_server.enabled": true}
    certificates:
      description: Each certificate in the PEM files that C(elasticsearch.yml) names.
      type: list
      elements: dict
      contains:
        path:
          description: The file.
          type: str
        settings:
          description: The settings that name it.
          type: list
          elements: str
        error:
          description: Why the file could not be read, else V(null). Then the fields below are absent.
          type: str
        sha256:
          description: The fingerprint.
          type: str
        serial:
          description: The serial number, hexadecimal.
          type: str
        subject:
          description: The subject.
          type: str
        subject_cn:
          description: The common name of the subject.
          type: str
        issuer:
          description: The issuer.
          type: str
        not_before:
          description: Begin of its validity.
          type: str
        not_after:
          description: End of its validity.
          type: str
          sample: "2027-11-24T16:00:00Z"
        sans:
          description: Alternative names, each with V(DNS:) or V(IP:) in front.
          type: list
          elements: str
    certificate_files:
      description:
        - For each purpose in O(certificate_files) the files that C(elasticsearch.yml) names, or those that the roles of this
          collection use where it names none. C(configured), C(format), C(certificate), C(key), C(keystore), C(truststore),
          C(authorities) (each with C(path), C(pem), C(error), and C(named_by)), C(error).
        - C(settings) are those of the purpose that name a key, certificate or keystore. C(named_by) has, for each of these files, all
          settings that name it, whatever they are for, also through links and variables; C(perhaps_named_by) those with a
          variable that nobody knows. C(one_file) tells whether key and certificate are one file.
        - C(own) has the same of files that nothing else names, where other settings name those of the purpose as well, else V(null);
          C(relative) are their names, C(exists) tells whether there are any.
        - C(outside) says why the files are not written, where they lie outside of the configuration, else V(null).
        - C(pem) is the certificate and its chain, C(pkcs12) the keystore file in Base64, as only who has its password can look into
          it; a private key in PEM is not returned.
        - C(key_matches) tells whether the key belongs to the certificate; V(null) when the key has a passphrase, which
          C(key_encrypted) tells.
        - C(unfinished) tells that a run of M(crosscluster.elasticsearch.certificate_files) was interrupted there.
      type: dict
    configuration_files:
      description:
        - One entry for each of O(configuration_files), as RV(crosscluster.elasticsearch.node_files#module:files) has them.
        - V(null) when they can't be looked at; M(crosscluster.elasticsearch.node_files) tells why.
      type: list
      elements: dict
    clock:
      description: The machine's time in seconds since 1970.
      type: float
    python:
      description: The version of Python.
      type: str
    pipelining:
      description:
        - Whether this module came by pipelining. Without it, modules lie in files on the node, together with the secrets in
          their options.
      type: bool
    jvm_starts:
      description: How often C(elasticsearch-keystore) was started.
      type: int
    probes:
      description: One for each entry of O(probe), in the same order.
      type: list
      elements: dict
      contains:
        address:
          description: The address.
          type: str
        server_name:
          description: The name that was asked for.
          type: str
        resolved:
          description: IP addresses of the host.
          type: list
          elements: str
        dns_error:
          description: Why the name does not resolve, else V(null).
          type: str
        tcp:
          description: One of V(ok), V(refused), V(timeout), V(unreachable); V(null) when it did not come so far.
          type: str
        tls:
          description: One of V(ok), V(not_tls), V(untrusted), V(expired), V(name_mismatch), V(reset), V(error); V(null) when it did not come so far.
          type: str
        error:
          description: What went wrong, in words, else V(null).
          type: str
        certificate:
          description: The server's certificate with the fields of RV(node_info.certificates), from C(sha256) on; V(null) when none was seen.
          type: dict
        client_certificate_required:
          description: Whether the server asks for a client certificate, as the transport port does.
          type: bool
        verified_against:
          description: The CA files that the certificate was checked with, or V(default trust).
          type: raw
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import files
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_paths import PURPOSES
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.facts import NodeError, gather
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import KeystoreError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "home": {"type": "path"},
            "path_conf": {"type": "path"},
            "java_home": {"type": "path"},
            "password": {"type": "str", "no_log": True},
            "credentials": {"type": "list", "elements": "str"},
            "nodes": {"type": "list", "elements": "dict"},
            "node_name": {"type": "str"},
            "certificate_files": {"type": "list", "elements": "str", "choices": list(PURPOSES)},
            "certificate_format": {"type": "str", "choices": ["pem", "pkcs12"], "default": "pem"},
            "configuration_files": {
                "type": "list",
                "elements": "dict",
                "options": {"path": {"type": "path", "required": True}, "certificate": {"type": "path"}},
            },
            "probe": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "address": {"type": "str", "required": True},
                    "server_name": {"type": "str"},
                    "ca_path": {"type": "path"},
                },
            },
            "probe_timeout": {"type": "float", "default": 5},
        },
        supports_check_mode=True,
    )
    try:
        result = gather(module.params, module.check_mode)
    except (KeystoreError, NodeError) as error:
        module.fail_json(msg=str(error))
    result["configuration_files"] = files.described_files(
        result["paths"]["config"],
        module.params["configuration_files"] or [],
        result["service_user"] if result["running"] else None,
    )
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(changed=False, node_info=result)


if __name__ == "__main__":
    main()
