/* SPDX-License-Identifier: Apache-2.0
 * Words of systems that this node can't judge yet (docs/formats.md, 5.3): known by name, so
 * that each is refused as what it is and none is taken for a compartment or for text. */
#include "marking/system.h"

#include <string.h>

#include "marking/word.h"

static const char *const us_classes[] = {
    "S",          "TS",           "C",  "U", "R", "SECRET", "TOP SECRET", "TOPSECRET", "CONFIDENTIAL",
    "RESTRICTED", "UNCLASSIFIED", NULL,
};

static const char *const us_controls[] = {
    "RSEN",
    "RS",
    "FOUO",
    "OC",
    "ORCON-USGOV",
    "OC-USGOV",
    "IMCON",
    "IMC",
    "NOFORN",
    "NF",
    "PROPIN",
    "PR",
    "RELIDO",
    "DSEN",
    "DEA SENSITIVE",
    "FISA",
    "DISPLAYONLY",
    "EYES",
    "EYES ONLY",
    "LIMDIS",
    "DS",
    "EXDIS",
    "XD",
    "NODIS",
    "ND",
    "SBU",
    "SBU NOFORN",
    "SBU-NF",
    "LES",
    "LES NOFORN",
    "LES-NF",
    "SSI",
    "FGI",
    "CUI",
    "RD",
    "FRD",
    "JOINT",
    "ORIGINATOR CONTROLLED",
    "NOT RELEASABLE TO FOREIGN NATIONALS",
    "CONTROLLED IMAGERY",
    "CAUTION-PROPRIETARY INFORMATION INVOLVED",
    "FOR OFFICIAL USE ONLY",
    NULL,
};

static bool us_opens(struct bytes word)
{
    return word_in(word, us_classes) || word_starts(word, "JOINT ");
}

static bool us_owns(struct bytes word)
{
    /* an entry of several, such as OC/REL TO USA: its first decides */
    struct bytes first, rest = word;
    return us_opens(word) || word_in(word, us_controls) || word_starts(word, "DISPLAY ONLY") ||
           word_starts(word, "FGI ") || word_starts(word, "SAR-") ||
           word_starts(word, "AUTHORIZED FOR RELEASE TO") ||
           (word_has(word, '/') && word_next(&rest, "/", &first) && word_in(first, us_controls));
}

static const char *const nato_words[] = {
    "CTS",
    "NS",
    "NC",
    "NR",
    "NU",
    "COSMIC TOP SECRET",
    "NATO SECRET",
    "ATOMAL",
    "BALK",
    "BOHEMIA",
    "NATO CONFIDENTIAL",
    "NATO RESTRICTED",
    "NATO UNCLASSIFIED",
    NULL,
};

static bool nato_owns(struct bytes word)
{
    return word_in(word, nato_words) || word_starts(word, "RELEASABLE TO ");
}

static bool europol_owns(struct bytes word)
{
    return word.len == 2 && (word.data[0] == 'H' || word.data[0] == 'h') && word.data[1] >= '0' &&
           word.data[1] <= '3';
}

static bool pap_owns(struct bytes word)
{
    return word_starts(word, "PAP:");
}

static bool iep_owns(struct bytes word)
{
    return word_starts(word, "IEP:") || word_is(word, "IEP");
}

static bool chatham_owns(struct bytes word)
{
    return word_starts(word, "TLP:EX:");
}

const struct marking_system foreign_systems[] = {
    { "US", "US marks", us_owns, us_opens },
    { "NATO", "NATO marks", nato_owns, nato_owns },
    { "EUROPOL", "Europol handling codes", europol_owns, europol_owns },
    { "PAP", "PAP marks", pap_owns, pap_owns },
    { "IEP", "IEP policies", iep_owns, iep_owns },
    { "MISP", "TLP:EX marks (Chatham House Rule)", chatham_owns, chatham_owns },
    { NULL },
};

const struct marking_system *foreign_owner(struct bytes word)
{
    for (const struct marking_system *s = foreign_systems; s->name; s++)
        if (s->owns(word))
            return s;
    return NULL;
}

enum err foreign_refuse(const struct marking_system *system, struct bytes word, struct fail *f)
{
    char shown[WORD_SHOW];
    return fail_why(f, REASON_UNSUPPORTED, "%s are not supported yet ('%s'): mark it with a TLP label",
                    system->kind, word_show(word, shown));
}
